"""Records from spreadsheets: upload, preview, leave rows out, apply whole (docs/imports.md).

An app says once what a kind of file holds (`kinds.register_record_import`); pages, jobs and the command
`import_records` do the rest.
"""
