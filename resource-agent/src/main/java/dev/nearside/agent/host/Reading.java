package dev.nearside.agent.host;

/** Every number the host sensors produce. Ratios are 0 to 1 unless said otherwise. */
public enum Reading {
  /** {@code memory.current − inactive_file} of the tightest cgroup, bytes. */
  CGROUP_MEMORY_USED_BYTES,
  /** The limit that number is held against, bytes; absent without a limit. */
  CGROUP_MEMORY_LIMIT_BYTES,
  /** Used over limit; absent without a limit. */
  CGROUP_MEMORY_RATIO,
  /** How often a process of this cgroup was killed for memory. */
  CGROUP_OOM_KILLS,
  /** How often this cgroup ran into its memory limit. */
  CGROUP_MEMORY_MAX_EVENTS,
  /** The tightest CPU quota, cores; absent without one. */
  CGROUP_CPU_LIMIT_CORES,
  /** Share of the last second's quota periods in which the cgroup was throttled. */
  CGROUP_CPU_THROTTLED_RATIO,
  /** Memory of the machine, bytes. */
  NODE_MEMORY_TOTAL_BYTES,
  /** What of it can be had without swapping, bytes. */
  NODE_MEMORY_AVAILABLE_BYTES,
  /** {@code 1 − available / total}. */
  NODE_MEMORY_RATIO,
  /** Time some task waited for a processor, seconds since boot. */
  PSI_CPU_SOME_SECONDS,
  /** The same as a share of the last second. */
  PSI_CPU_SOME_RATIO,
  /** Time some task waited for memory, seconds since boot. */
  PSI_MEMORY_SOME_SECONDS,
  /** The same as a share of the last second. */
  PSI_MEMORY_SOME_RATIO,
  /** Time all tasks waited for memory, seconds since boot. */
  PSI_MEMORY_FULL_SECONDS,
  /** The same as a share of the last second. */
  PSI_MEMORY_FULL_RATIO,
  /** Time some task waited for a disk, seconds since boot. */
  PSI_IO_SOME_SECONDS,
  /** The same as a share of the last second. */
  PSI_IO_SOME_RATIO,
  /** Time all tasks waited for a disk, seconds since boot. */
  PSI_IO_FULL_SECONDS,
  /** The same as a share of the last second. */
  PSI_IO_FULL_RATIO,
  /** Open files and sockets of this process. */
  DESCRIPTORS_OPEN,
  /** How many it may have. */
  DESCRIPTORS_LIMIT,
  /** Open over limit. */
  DESCRIPTORS_RATIO,
  /** What the last collection left in the old generation beside the cache, of the room there. */
  HEAP_AFTER_GC_RATIO,
  /** Share of the last 30 s spent in pauses of collections of the old generation. */
  GC_SHARE_RATIO,
  /** Memory outside the heap over its bound, as the proxy reports it. */
  DIRECT_MEMORY_RATIO,
  /** The event loops' lag, 99th percentile, seconds, as the proxy reports it. */
  EVENT_LOOP_LAG_SECONDS
}
