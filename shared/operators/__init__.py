"""Who may use the dashboard. They belong to the installation, so that nothing here takes a scope or a project."""
