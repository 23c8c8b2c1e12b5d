"""Requests in words with the action and the arguments that are right, and how a router is judged on them."""
