package dev.nearside.proxy.scene;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * A client's Unix socket as a {@link Socket}, which Java has for TCP only; it knows what {@link
 * RespClient} needs. One thread may read while another writes.
 */
final class UnixSocket extends Socket {
  private final SocketChannel channel;
  private final Selector readable = Selector.open();
  private final Selector writable = Selector.open();
  private volatile int patienceMs;

  /** Connects to the socket at {@code path}. */
  UnixSocket(Path path) throws IOException {
    channel = SocketChannel.open(UnixDomainSocketAddress.of(path));
    channel.configureBlocking(false); // blocking reads have no time limit
    channel.register(readable, SelectionKey.OP_READ);
    channel.register(writable, SelectionKey.OP_WRITE);
  }

  @Override
  public InputStream getInputStream() {
    return new In();
  }

  @Override
  public OutputStream getOutputStream() {
    return new Out();
  }

  @Override
  public void setSoTimeout(int timeoutMs) {
    patienceMs = timeoutMs;
  }

  @Override
  public void setTcpNoDelay(boolean on) {
    // nothing is held back here
  }

  @Override
  public void shutdownOutput() throws IOException {
    channel.shutdownOutput();
  }

  @Override
  public void close() throws IOException {
    channel.close();
    readable.close();
    writable.close();
    super.close();
  }

  private final class In extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
      ByteBuffer into = ByteBuffer.wrap(bytes, from, length);
      int count = channel.read(into);
      while (count == 0 && length > 0) {
        if (readable.select(patienceMs) == 0) {
          throw new SocketTimeoutException("nothing came for " + patienceMs + " ms");
        }
        readable.selectedKeys().clear();
        count = channel.read(into);
      }
      return count;
    }

    @Override
    public int available() throws IOException {
      int ready = readable.selectNow();
      readable.selectedKeys().clear();
      return ready;
    }
  }

  private final class Out extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      ByteBuffer rest = ByteBuffer.wrap(bytes, from, length);
      channel.write(rest);
      while (rest.hasRemaining()) {
        writable.select();
        writable.selectedKeys().clear();
        channel.write(rest);
      }
    }
  }
}
