{
    "name": "List Reader",
    "summary": "Reads CSV and XLSX lists, dates and numbers for other addons",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Technical",
    "depends": ["base"],
    "external_dependencies": {"python": ["openpyxl"]},
}
