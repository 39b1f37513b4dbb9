"""Who is named in a text and must not be: employees, wherever members, customers or we ourselves name them."""
