"""What people buy and what they nearly bought: products, orders, carts, and what they add up to."""
