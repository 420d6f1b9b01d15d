package dev.nearside.benchmarks.generator;

import dev.nearside.benchmarks.servers.TlsIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.Status;

/** Bytes by TLS of the JDK. The handshake is over when it is opened. */
final class TlsWire implements Wire {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final int RECEIVED_BYTES = 1 << 16;

  /** By certificate: who connects again resumes a session, as clients do. */
  private static final Map<String, SSLContext> CONTEXTS = new ConcurrentHashMap<>();

  private final SocketChannel channel;
  private final SSLEngine engine;
  private final ByteBuffer received = ByteBuffer.allocate(RECEIVED_BYTES);
  private ByteBuffer toSend;

  private TlsWire(SocketChannel channel, SSLEngine engine) {
    this.channel = channel;
    this.engine = engine;
    toSend = ByteBuffer.allocate(2 * engine.getSession().getPacketBufferSize()).flip();
  }

  /** Connects, and shakes hands. */
  static TlsWire open(Address address) throws IOException {
    SSLContext context = CONTEXTS.get(address.certificate());
    if (context == null) {
      context = TlsIdentity.trusting(Path.of(address.certificate()));
      CONTEXTS.put(address.certificate(), context);
    }
    SSLEngine engine = context.createSSLEngine("127.0.0.1", address.port());
    engine.setUseClientMode(true);
    SocketChannel channel = address.connect();
    try {
      TlsWire wire = new TlsWire(channel, engine);
      wire.shakeHands();
      return wire;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** On a channel that blocks. */
  private void shakeHands() throws IOException {
    engine.beginHandshake();
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> engine.getDelegatedTask().run();
        case NEED_WRAP -> {
          wrap(NOTHING);
          send();
        }
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> unwrapHandshake();
        case FINISHED, NOT_HANDSHAKING -> {
          return;
        }
      }
    }
  }

  private void unwrapHandshake() throws IOException {
    SSLEngineResult result = engine.unwrap(received.flip(), NOTHING);
    received.compact();
    if (result.getStatus() == Status.BUFFER_UNDERFLOW && channel.read(received) < 0) {
      throw new IOException("the server closed a connection during the TLS handshake");
    }
  }

  @Override
  public SocketChannel channel() {
    return channel;
  }

  @Override
  public boolean write(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      wrap(bytes);
    }
    return send();
  }

  /** Adds a record to what is to be sent. */
  private void wrap(ByteBuffer bytes) throws IOException {
    toSend.compact();
    if (engine.wrap(bytes, toSend).getStatus() == Status.BUFFER_OVERFLOW) {
      toSend = ByteBuffer.allocate(2 * toSend.capacity()).put(toSend.flip());
      engine.wrap(bytes, toSend);
    }
    toSend.flip();
  }

  private boolean send() throws IOException {
    channel.write(toSend);
    return !toSend.hasRemaining();
  }

  @Override
  public int read(ByteBuffer into) throws IOException {
    if (channel.read(received) < 0) {
      return -1;
    }
    received.flip();
    int before = into.position();
    SSLEngineResult result = engine.unwrap(received, into);
    while (result.bytesConsumed() > 0 && received.hasRemaining()) {
      result = engine.unwrap(received, into);
    }
    received.compact();
    if (result.getStatus() == Status.BUFFER_OVERFLOW) {
      throw new IOException("the buffer for what was received is too small");
    }
    return result.getStatus() == Status.CLOSED ? -1 : into.position() - before;
  }
}
