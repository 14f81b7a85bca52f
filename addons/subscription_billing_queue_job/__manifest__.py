{
    "name": "Subscription Billing on Queue Jobs",
    "summary": "Billing batches as OCA queue jobs",
    "version": "19.0.1.0.0",
    "author": "Nordic Invoicing Suite",
    "license": "LGPL-3",
    "category": "Sales/Subscriptions",
    "depends": ["subscription_billing", "queue_job"],
    "data": ["data/queue_job_data.xml"],
    "auto_install": True,
}
