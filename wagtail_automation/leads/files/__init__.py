"""Files with people in them: kept in the database, recognised, and read row by row without trust."""
