package dev.nearside.benchmarks.load;

import com.sun.management.ThreadMXBean;
import dev.nearside.benchmarks.servers.AttachedJvm;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;

/**
 * The bytes that the event loops of a running sidecar have allocated, as its JVM counts them; taken
 * before and after an interval, the difference is what the interval allocated, to the byte.
 *
 * <p>It attaches to the process and asks its JVM's own management beans ({@code ThreadMXBean
 * .getThreadAllocatedBytes}), so the sidecar needs nothing for it; what answers it are threads of
 * other names. Confined to one thread; whoever attached closes it.
 */
public final class LoopAllocation implements AutoCloseable {
  /** The beginning of the names of a sidecar's event loops. */
  public static final String LOOP_NAME = "nearside-loop-";

  private final long pid;
  private final AttachedJvm jvm;
  private final ThreadMXBean threads;

  private LoopAllocation(long pid, AttachedJvm jvm) throws IOException {
    this.pid = pid;
    this.jvm = jvm;
    this.threads = jvm.bean(ManagementFactory.THREAD_MXBEAN_NAME, ThreadMXBean.class);
  }

  /**
   * Attaches to the JVM of a process of the same user.
   *
   * @throws IOException if there is no such process, or it is no JVM that lets us in
   */
  public static LoopAllocation of(long pid) throws IOException {
    AttachedJvm jvm = AttachedJvm.of(pid);
    try {
      return new LoopAllocation(pid, jvm);
    } catch (IOException | RuntimeException e) {
      jvm.close();
      throw e;
    }
  }

  /**
   * Returns the bytes that all event loops have allocated since they began.
   *
   * @throws IOException if no thread is named as one, or the process has ended
   */
  public long bytes() throws IOException {
    long bytes = 0;
    int loops = 0;
    for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
      if (thread != null && thread.getThreadName().startsWith(LOOP_NAME)) {
        bytes += threads.getThreadAllocatedBytes(thread.getThreadId());
        loops++;
      }
    }
    if (loops == 0) {
      throw new IOException("process " + pid + " has no thread named " + LOOP_NAME + "…");
    }
    return bytes;
  }

  @Override
  public void close() throws IOException {
    jvm.close();
  }
}
