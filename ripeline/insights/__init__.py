"""What the numbers say: Today's funnel, who moved and why, who went quiet; and what people were told."""
