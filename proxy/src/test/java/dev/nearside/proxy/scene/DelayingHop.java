package dev.nearside.proxy.scene;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;

/**
 * A stretch of bad network between sidecar and Redis: it delays, stalls or cuts, and does so to the
 * tracked connections (those that give themselves that name) or to all others. Each direction of a
 * connection has a thread that reads and one that writes when a chunk is due, so that delay costs
 * no throughput.
 */
public final class DelayingHop implements AutoCloseable {
  private static final String TRACKED = "nearside-tracked";
  private static final String LEASES = "nearside-leases";
  private static final String CLUSTER = "nearside-cluster";
  private static final int NAMED_WITHIN_BYTES = 4096;
  private static final long STEP_NS = 200_000;
  private static final long LONGEST_STEP_NS = 20_000_000;

  /** Which connections a fault befalls. */
  public enum Side {
    /** The tracked connections. */
    TRACKED,
    /** Every other: lanes, pinned connections, administration. */
    OTHERS
  }

  private static final class Chunk {
    final byte[] bytes;
    final long dueNs;

    Chunk(byte[] bytes, long dueNs) {
      this.bytes = bytes;
      this.dueNs = dueNs;
    }
  }

  /** Changes what the server says on one connection. */
  interface Translation {
    /** Returns what is passed on, now that these bytes have come too. */
    byte[] translated(byte[] bytes);

    /** Returns one that changes nothing. */
    static Translation none() {
      return bytes -> bytes;
    }
  }

  private final ServerSocket listener;
  private final Function<Boolean, Translation> translations;
  private final List<Link> links = new CopyOnWriteArrayList<>();
  private volatile int target;
  private volatile int trackedTarget;
  private volatile long trackedDelayNs;
  private volatile long otherDelayNs;
  private volatile boolean trackedStalled;
  private volatile boolean othersStalled;
  private volatile boolean leasesStalled;
  private volatile boolean closed;

  private DelayingHop(int target, Function<Boolean, Translation> translations) throws IOException {
    this.target = target;
    this.translations = translations;
    this.trackedTarget = target;
    listener = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("hop").start(this::accept);
  }

  /** Starts a hop that forwards to {@code target} of this host, at first without any fault. */
  public static DelayingHop to(int target) throws IOException {
    return to(target, aboutTheCluster -> Translation.none());
  }

  /**
   * As {@link #to(int)}.
   *
   * @param translations makes that of a connection, which may be the one that asks about the
   *     cluster
   */
  static DelayingHop to(int target, Function<Boolean, Translation> translations)
      throws IOException {
    return new DelayingHop(target, translations);
  }

  /** Returns the port it listens on. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Delays each direction of the connections on {@code side} from now on. */
  public void delay(Side side, int millis) {
    long delayNs = TimeUnit.MILLISECONDS.toNanos(millis);
    if (side == Side.TRACKED) {
      trackedDelayNs = delayNs;
    } else {
      otherDelayNs = delayNs;
    }
  }

  /** Holds everything back on the tracked connections, in both directions, or lets it go on. */
  public void stallTracked(boolean stalled) {
    trackedStalled = stalled;
  }

  /** As {@link #stallTracked}, on either side. */
  public void stall(Side side, boolean stalled) {
    if (side == Side.TRACKED) {
      trackedStalled = stalled;
    } else {
      othersStalled = stalled;
    }
  }

  /** Holds everything back on the connections on which leases are waited for, or lets it go on. */
  public void stallLeases(boolean stalled) {
    leasesStalled = stalled;
  }

  /**
   * Sends connections made from now on elsewhere; those that are there stay, until {@link #cut}:
   * once it returns, nothing goes to where they went before.
   */
  public void redirect(int otherTarget) {
    target = otherTarget;
    trackedTarget = otherTarget;
  }

  /** As {@link #redirect}, of those only that say with their first words that they are tracked. */
  public void redirectTracked(int otherTarget) {
    trackedTarget = otherTarget;
  }

  /** Closes the connections on {@code side} that are there now. */
  public void cut(Side side) {
    for (Link link : links) {
      if (link.tracked == (side == Side.TRACKED)) {
        link.close();
      }
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    listener.close();
    links.forEach(Link::close);
  }

  private void accept() {
    while (!closed) {
      try {
        Socket client = listener.accept();
        Thread.ofVirtual().name("hop-connect").start(() -> connect(client));
      } catch (IOException e) {
        // closed
      }
    }
  }

  /** The first words say where to. */
  private void connect(Socket client) {
    try {
      byte[] buffer = new byte[NAMED_WITHIN_BYTES];
      int length = Math.max(0, client.getInputStream().read(buffer));
      byte[] first = Arrays.copyOf(buffer, length);
      boolean tracked = new String(first, StandardCharsets.ISO_8859_1).contains(TRACKED);
      int chosen = tracked ? trackedTarget : target;
      Link link = new Link(client, new Socket(InetAddress.getLoopbackAddress(), chosen), first);
      links.add(link);
      if (chosen == (tracked ? trackedTarget : target)) {
        link.start();
      } else {
        link.close(); // redirected meanwhile, and perhaps cut before it was there
      }
    } catch (IOException e) {
      try {
        client.close(); // the server is away: the client sees its connection end
      } catch (IOException again) {
        // it is closed already
      }
    }
  }

  private final class Link {
    private final Socket client;
    private final Socket server;
    private final byte[] first;
    private final StringBuilder said = new StringBuilder();
    private volatile boolean tracked;
    private volatile boolean leases;
    private final Translation translation;

    Link(Socket client, Socket server, byte[] first) throws IOException {
      this.client = client;
      this.server = server;
      this.first = first;
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      listenForName(first);
      translation = translations.apply(said.indexOf(CLUSTER) >= 0);
    }

    void start() {
      LinkedBlockingQueue<Chunk> upstream = new LinkedBlockingQueue<>();
      add(upstream, first);
      pump(client, server, upstream, true);
      pump(server, client, new LinkedBlockingQueue<>(), false);
    }

    private void add(LinkedBlockingQueue<Chunk> chunks, byte[] bytes) {
      chunks.add(new Chunk(bytes, System.nanoTime() + (tracked ? trackedDelayNs : otherDelayNs)));
    }

    private void pump(Socket from, Socket to, LinkedBlockingQueue<Chunk> chunks, boolean upstream) {
      Thread.ofVirtual().name("hop-in").start(() -> readAll(from, chunks, upstream));
      Thread.ofVirtual().name("hop-out").start(() -> writeAll(to, chunks));
    }

    private void readAll(Socket from, LinkedBlockingQueue<Chunk> chunks, boolean upstream) {
      byte[] buffer = new byte[64 * 1024];
      try {
        InputStream in = from.getInputStream();
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          byte[] bytes = Arrays.copyOf(buffer, n);
          if (upstream) {
            listenForName(bytes);
            add(chunks, bytes);
          } else {
            add(chunks, translation.translated(bytes));
          }
        }
      } catch (IOException e) {
        // ended; the other direction is told by the close
      }
      close();
    }

    private void listenForName(byte[] bytes) {
      if (said.length() < NAMED_WITHIN_BYTES && !tracked) {
        said.append(new String(bytes, StandardCharsets.ISO_8859_1));
        tracked = said.indexOf(TRACKED) >= 0;
        leases = said.indexOf(LEASES) >= 0;
      }
    }

    private void writeAll(Socket to, LinkedBlockingQueue<Chunk> chunks) {
      try {
        OutputStream out = to.getOutputStream();
        while (!to.isClosed()) {
          Chunk next = chunks.poll(1, TimeUnit.SECONDS);
          if (next != null) {
            awaitDue(next, to);
            out.write(next.bytes);
          }
        }
      } catch (IOException e) {
        close();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private void awaitDue(Chunk chunk, Socket to) {
      long leftNs = chunk.dueNs - System.nanoTime();
      while (!to.isClosed() && (leftNs > 0 || isStalled())) {
        LockSupport.parkNanos(Math.clamp(leftNs, STEP_NS, LONGEST_STEP_NS));
        leftNs = chunk.dueNs - System.nanoTime();
      }
    }

    private boolean isStalled() {
      return tracked ? trackedStalled : othersStalled || (leases && leasesStalled);
    }

    void close() {
      links.remove(this);
      for (Socket socket : new Socket[] {client, server}) {
        try {
          socket.close();
        } catch (IOException e) {
          // it is closed already
        }
      }
    }
  }
}
