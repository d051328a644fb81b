"""What the generators of Python share: types, services, handlers, values, policies, modules."""
