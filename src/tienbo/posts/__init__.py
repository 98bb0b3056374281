"""Terms of bodies, published posts and who holds them, elections by stage and result: counts, never votes."""
