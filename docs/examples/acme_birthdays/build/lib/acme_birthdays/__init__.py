"""One condition of one's own: was the lead born in this month?"""
