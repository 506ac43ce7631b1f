"""Doors for other people's pipelines: Spark, datatrove, Scrapy."""
