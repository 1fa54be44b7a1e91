"""Marketing messages: one message in several variants, each person gets it on the channel they prefer."""
