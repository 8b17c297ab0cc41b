"""What is compiled beside the equations, in the small language: one file a chapter, the step in `step`."""
