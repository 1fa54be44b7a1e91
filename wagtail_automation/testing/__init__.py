"""What sites and third parties may use in their own tests: clock, contracts, failpoints."""
