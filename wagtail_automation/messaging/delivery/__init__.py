"""What becomes of an email after it was handed over: deliveries, bounces, complaints, replies."""
