"""What layers are made of: things that several templates have in common, each said once."""
