"""What the first design promised and got wrong, each row read from the rendered templates of the example."""
