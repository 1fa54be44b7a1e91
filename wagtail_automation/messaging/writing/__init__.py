"""What editors do with emails before they are sent: designs, templates, imported HTML, senders, checks."""
