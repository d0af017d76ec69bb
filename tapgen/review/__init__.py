"""What a change of templates does to what is running: read from the templates alone, whoever wrote them."""
