package dev.nearside.proxy.scene;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/*
 * A statement that is to fail is exchanged, on its way to the server, for a word that is no SQL, the
 * name of the trouble. So the server itself ends the transaction, skips what was sent behind it, and
 * says in which state it is. Its complaint about that word is exchanged on the way back.
 */

/**
 * A stretch between sidecars and a PostgreSQL, which passes everything on; but on request the
 * server seems to be in trouble with some statements, or with all connections. Without TLS. Each
 * direction of a connection has a thread.
 */
public final class PostgresHop implements AutoCloseable {
  private static final int SSL_REQUEST = 80877103;
  private static final int GSS_REQUEST = 80877104;
  private static final String WITHOUT = "";

  private record Fault(String sql, PostgresTrouble trouble) {}

  private final int target;
  private final ServerSocket listener;
  private final List<Link> links = new CopyOnWriteArrayList<>();
  private final AtomicInteger failed = new AtomicInteger();
  private volatile @Nullable Fault fault;
  private volatile boolean full;

  private PostgresHop(int target) throws IOException {
    this.target = target;
    this.listener = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().name("postgres-hop").start(this::accept);
  }

  /** Starts a hop to {@code server}. */
  public static PostgresHop to(PostgresServer server) throws IOException {
    return new PostgresHop(server.port());
  }

  /** Returns the JDBC URL of the server behind it. */
  public String jdbcUrl() {
    return "jdbc:postgresql://127.0.0.1:" + listener.getLocalPort() + "/postgres";
  }

  /** From now on statements that contain {@code sql} fail, until {@link #recover}. */
  public void fail(String sql, PostgresTrouble trouble) {
    fault = new Fault(sql, trouble);
  }

  /** Ends all connections and makes none, until {@link #recover}. */
  public void refuseConnections() {
    full = true;
    links.forEach(Link::close);
  }

  /** The trouble is over. */
  public void recover() {
    fault = null;
    full = false;
  }

  /** Returns how many statements and connections have failed. */
  public int failed() {
    return failed.get();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    links.forEach(Link::close);
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        Thread.ofVirtual().name("postgres-hop-connect").start(() -> connect(client));
      }
    } catch (IOException closed) {
      links.forEach(Link::close);
    }
  }

  private void connect(Socket client) {
    try {
      new Link(client).open();
    } catch (IOException e) {
      close(client); // the client gave up, or the server is away
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // it is closed already
    }
  }

  /** Something that reads until its connection ends. */
  private interface Direction {
    void pass() throws IOException;
  }

  /** A client's connection. */
  private final class Link {
    private final Socket client;
    private final Socket server = new Socket();
    private final DataInputStream fromClient;
    private final DataOutputStream toClient;

    Link(Socket client) throws IOException {
      this.client = client;
      this.fromClient = input(client);
      this.toClient = output(client);
    }

    void open() throws IOException {
      PostgresMessage first = PostgresMessage.readFirst(fromClient);
      while (first.code() == SSL_REQUEST || first.code() == GSS_REQUEST) {
        toClient.writeByte('N');
        toClient.flush();
        first = PostgresMessage.readFirst(fromClient);
      }
      links.add(this);
      if (full) {
        failed.incrementAndGet();
        PostgresTrouble.TOO_MANY_CONNECTIONS.message("FATAL").write(toClient);
        toClient.flush();
        close();
        return;
      }
      server.connect(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), target));
      DataOutputStream toServer = output(server);
      first.write(toServer);
      toServer.flush();
      DataInputStream fromServer = input(server);
      start(() -> passQuestions(toServer));
      start(() -> passAnswers(fromServer));
    }

    private void start(Direction direction) {
      Thread.ofVirtual()
          .name("postgres-hop-direction")
          .start(() -> {
            try {
              direction.pass();
            } catch (IOException ended) {
              close();
            }
          });
    }

    private void passQuestions(DataOutputStream to) throws IOException {
      Map<String, String> statements = new HashMap<>();
      String bound = WITHOUT;
      while (true) {
        PostgresMessage message = PostgresMessage.read(fromClient);
        switch (message.type()) {
          case PostgresMessage.PARSE -> statements.put(message.string(0), message.string(1));
          case PostgresMessage.BIND -> bound = statements.getOrDefault(message.string(1), WITHOUT);
          case PostgresMessage.EXECUTE ->
              message = exchanged(bound, message, PostgresMessage.PARSE);
          case PostgresMessage.QUERY ->
              message = exchanged(message.string(0), message, PostgresMessage.QUERY);
          default -> {}
        }
        message.write(to);
        if (fromClient.available() == 0) {
          to.flush();
        }
      }
    }

    private PostgresMessage exchanged(String sql, PostgresMessage message, char by) {
      Fault now = fault;
      if (now == null || !sql.contains(now.sql)) {
        return message;
      }
      String word = now.trouble.name();
      return by == PostgresMessage.QUERY
          ? PostgresMessage.of(by, 0, word)
          : PostgresMessage.of(by, Short.BYTES, WITHOUT, word); // no name, no parameters
    }

    private void passAnswers(DataInputStream from) throws IOException {
      while (true) {
        PostgresMessage message = PostgresMessage.read(from);
        PostgresTrouble trouble =
            message.type() == PostgresMessage.ERROR ? troubleIn(message.text()) : null;
        if (trouble != null) {
          failed.incrementAndGet();
          message = trouble.message("ERROR");
        }
        message.write(toClient);
        if (from.available() == 0) {
          toClient.flush();
        }
      }
    }

    private static @Nullable PostgresTrouble troubleIn(String complaint) {
      for (PostgresTrouble each : PostgresTrouble.values()) {
        if (complaint.contains(each.name())) {
          return each;
        }
      }
      return null;
    }

    private static DataInputStream input(Socket socket) throws IOException {
      return new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    private static DataOutputStream output(Socket socket) throws IOException {
      return new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
    }

    void close() {
      links.remove(this);
      PostgresHop.close(client);
      PostgresHop.close(server);
    }
  }
}
