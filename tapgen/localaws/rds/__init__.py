"""Aurora clusters: kept by ministack; behind the Data API of one that speaks PostgreSQL stands a real PostgreSQL."""
