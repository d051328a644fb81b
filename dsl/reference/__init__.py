"""What every key of the language means, as data, and the schema and the pages made from it."""
