"""The platform as a picture, drawn from its templates."""
