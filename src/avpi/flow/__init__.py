"""Protocol B read by cytometry: compensation, scales, singlets, Annexin V / PI quadrants."""
