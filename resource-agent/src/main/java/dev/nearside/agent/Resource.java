package dev.nearside.agent;

import java.util.Locale;

/** What is short. Actions belong to resources: memory pressure shrinks L1, CPU pressure never. */
public enum Resource {
  /** Memory of the cgroup, the heap, outside the heap, or of the machine. */
  MEMORY,
  /** Time on a processor, and whatever waits for it. */
  CPU,
  /** Waiting for disks. */
  IO,
  /** Open files and sockets. */
  DESCRIPTORS;

  /** Returns the resource in lower case, as metrics and logs write it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
