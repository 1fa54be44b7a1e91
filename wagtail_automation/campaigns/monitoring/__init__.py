"""What happens in campaigns, for those who watch: the overview, the log, the people who are held."""
