package dev.nearside.proxy.relay;

import io.netty.buffer.ByteBuf;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An upstream connection of one client alone, because the client has state on the server. Confined
 * to the client's event loop. Never given to another client; closed with its own.
 */
public final class PinnedConnection {
  /** The client it belongs to. */
  public interface Owner {
    /** It is open, and what had been sent before is on its way. */
    void pinnedOpened();

    /** It could not be made; nothing was sent. */
    void pinnedFailed(String why);

    /** It ended; the sinks of what was under way have been told. */
    void pinnedClosed();

    /** Says whether a frame is no reply to a request. */
    boolean isPush(byte type, ByteBuf in, int from, int to);

    /** Out-of-band bytes, to be put before the next reply of this connection. */
    void pushed(ByteBuf in, int from, int to, boolean first, boolean last);

    /** What comes is no RESP any more: from now on all of it is pushed, as it is. */
    void pinnedBecamePipe();

    /** The connection takes no more bytes for now, or again. */
    void pinnedWritable(boolean writable);

    /** What was readable now has been handed on. */
    void pinnedReadComplete();
  }

  private static final String KIND = "PINNED";

  private final UpstreamLink link;
  private final Owner owner;
  private final UpstreamConnection connection;
  private boolean open;
  private boolean abandoned;
  private String info = "";
  private Runnable gone = () -> {};

  PinnedConnection(
      Flushes flushes, UpstreamLink link, Greeting greeting, Owner owner, RelayListener listener) {
    this.link = link;
    this.owner = owner;
    this.connection = UpstreamConnection.connect(flushes, link, greeting, new Observer(listener));
  }

  /** Returns whether requests may be sent. */
  public boolean isOpen() {
    return open;
  }

  /** Sends a copy of bytes that are a whole request and awaits its reply. */
  public void send(ByteBuf from, int start, int length, ReplySink sink) {
    connection.send(from, start, length, sink);
    connection.flushSoon();
  }

  /** Sends a copy of bytes that belong to a request whose sink is given elsewhere, or to a pipe. */
  public void write(ByteBuf from, int start, int length) {
    connection.write(from, start, length);
    connection.flushSoon();
  }

  /** Awaits a reply to what goes out by {@link #write}. */
  public void expect(ReplySink sink) {
    connection.expect(sink);
  }

  /** From now on whatever comes is no reply but pushed bytes. */
  public void becomePipe() {
    connection.becomePipe();
  }

  /**
   * Says what is said on a new connection, after RESET has taken it back. It is not open until that
   * is answered, which the owner is told; if it is refused now, the connection is closed.
   */
  public void greetAgain(int database) {
    open = false;
    new Greeting(link, 2, database, List.of()).send(connection, this::greeted);
    connection.flushSoon();
  }

  private void greeted(@Nullable String refused) {
    if (refused != null) {
      connection.close();
    } else if (!abandoned) {
      open = true;
      owner.pinnedOpened();
    }
  }

  /** Reads from the upstream, or leaves what it says in the socket. */
  public void read(boolean on) {
    connection.setAutoRead(on);
  }

  /** Returns whether the socket takes more without queueing. */
  public boolean isWritable() {
    return connection.isWritable();
  }

  /** Says to the upstream that no more requests follow; replies still come. */
  public void endInput() {
    connection.endInput();
  }

  /** Has {@code then} run once, when it has ended or could not be made. */
  void whenGone(Runnable then) {
    gone = then;
  }

  /** Ends it as if the upstream had, if that is elsewhere now. */
  void loseIfElsewhere() {
    if (connection.isElsewhere(link)) {
      connection.close();
    }
  }

  UpstreamLink link() {
    return link;
  }

  /** Ends it as if the upstream had, if it owes an answer. */
  void loseIfAwaited() {
    if (!connection.owesNothing()) {
      connection.close();
    }
  }

  /** Closes it; unanswered requests are lost, and the owner hears nothing more of it. */
  public void close() {
    abandoned = true;
    connection.close();
  }

  private final class Observer implements UpstreamConnection.Observer {
    private final RelayListener listener;

    Observer(RelayListener listener) {
      this.listener = listener;
    }

    @Override
    public void opened(Greeting said) {
      open = true;
      info = said.info();
      listener.connected(KIND, info);
      if (abandoned) {
        connection.close();
      } else {
        owner.pinnedOpened();
      }
    }

    @Override
    public void failed(String why) {
      gone.run();
      listener.failed(dev.nearside.proxy.tier.Answer.Reason.DISCONNECTED);
      if (!abandoned) {
        owner.pinnedFailed(why);
      }
    }

    @Override
    public void closed() {
      gone.run();
      open = false;
      listener.disconnected(KIND, info);
      if (!abandoned) {
        owner.pinnedClosed();
      }
    }

    @Override
    public boolean isPush(byte type, ByteBuf in, int from, int to) {
      return owner.isPush(type, in, from, to);
    }

    @Override
    public void push(ByteBuf in, int from, int to, boolean first, boolean last) {
      if (!abandoned) {
        owner.pushed(in, from, to, first, last);
      }
    }

    @Override
    public void busy() {}

    @Override
    public void settled() {}

    @Override
    public boolean becomesPipe() {
      if (open && !abandoned) {
        owner.pinnedBecamePipe();
      }
      return open;
    }

    @Override
    public void writabilityChanged(boolean writable) {
      if (!abandoned) {
        owner.pinnedWritable(writable);
      }
    }

    @Override
    public void readComplete() {
      if (!abandoned) {
        owner.pinnedReadComplete();
      }
    }
  }
}
