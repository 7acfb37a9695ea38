"""The API of the register: agencies, agreements, field offices, published lists, reviews, imports."""
