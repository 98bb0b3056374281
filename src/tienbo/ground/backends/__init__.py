"""Django's two engines, told who acts (`ground.acting`) so that triggers can write it down."""
