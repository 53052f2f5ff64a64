"""The LGWAN side: what takes clean copies in, and believes nothing that the internet side says without a proof."""
