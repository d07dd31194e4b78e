"""What runs: asyncio over ports. Decides nothing; asks core and acts."""
