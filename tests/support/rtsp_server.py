"""A network camera for tests: H.264 by RTSP on a free port of 127.0.0.1, which it prints.

    rtsp_server.py [USER PASSWORD]

Ends with its standard input.
"""

import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

Gst.init(None)
loop = GLib.MainLoop()
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")

factory = GstRtspServer.RTSPMediaFactory()
factory.set_shared(True)
factory.set_launch(
    "( videotestsrc is-live=true pattern=ball"
    " ! video/x-raw,width=320,height=240,framerate=10/1"
    " ! x264enc key-int-max=10 bframes=0 threads=1 rc-lookahead=0 speed-preset=superfast"
    " ! video/x-h264,profile=main ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
)
if len(sys.argv) == 3:
    user, password = sys.argv[1:]
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)
server.get_mount_points().add_factory("/cam", factory)
server.attach(None)
print(server.get_bound_port(), flush=True)


def wait_for_end():
    sys.stdin.read()
    GLib.idle_add(loop.quit)


threading.Thread(target=wait_for_end, daemon=True).start()
loop.run()
