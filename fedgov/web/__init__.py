"""The desk: sessions, forms, rendering; independent of federation."""
