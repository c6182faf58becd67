"""The main job, on a screen: a rack that updates itself while people use its apps."""
