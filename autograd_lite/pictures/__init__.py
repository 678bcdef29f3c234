"""Pictures of graphs and nets: what is shown, where it stands, and how it is drawn."""

from .layout import Box, Layout, Route, layout
from .looks import number, visible
from .net_scenes import called
from .picture import Picture, draw
from .scene import FITS, LIMIT, Cluster, Edge, Node, Scene, scene

__all__ = [
    "FITS",
    "LIMIT",
    "Box",
    "Cluster",
    "Edge",
    "Layout",
    "Node",
    "Picture",
    "Route",
    "Scene",
    "called",
    "draw",
    "layout",
    "number",
    "scene",
    "visible",
]
