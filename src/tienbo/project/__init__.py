"""Where everything is plugged together: settings, sites, the command line."""
