package dev.nearside.proxy.telemetry;

/** Why a generation of the tracked connection ended. */
public enum GenerationEnd {
  /** The connection was lost. */
  DISCONNECTED,
  /** Something sent was not answered in time. */
  UNANSWERED,
  /** A relay connection reached another node. */
  NODE,
  /** The node is no longer what it was, a primary for example. */
  ROLE,
  /** The upstream says that it does not track the connection, or not as it was asked to. */
  TRACKING,
  /** Monotonic time and the wall clock moved apart. */
  CLOCK,
  /** What the sidecar's own user may do has changed, or could not be asked in time. */
  PERMISSION;

  /** Returns its name as metrics have it. */
  public String label() {
    return Label.text(this);
  }
}
