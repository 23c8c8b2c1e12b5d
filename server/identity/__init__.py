"""Who a bearer token of an identity provider stands for. Import the parts from their modules; none is loaded early."""
