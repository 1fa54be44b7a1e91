"""Goals: what the site wants people to reach, told once each and counted for everybody."""
