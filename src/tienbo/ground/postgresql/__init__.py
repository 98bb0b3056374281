"""PostgreSQL as Django has it, with connections that outlive a request: `base` is what Django loads."""
