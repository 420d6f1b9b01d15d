package dev.nearside.proxy.history;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A connection to one server, on which what was gathered is sent in one write. */
final class OneWire implements Wire {
  private static final int PATIENCE_MS = 60_000;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;
  private byte[] toSend = new byte[512];
  private int toSendLength;
  private final byte[] received = new byte[4096];
  private int at;
  private int end;

  OneWire(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(PATIENCE_MS);
    in = socket.getInputStream();
    out = socket.getOutputStream();
  }

  @Override
  public void add(List<String> words) {
    write("*" + words.size() + "\r\n");
    for (String word : words) {
      write("$" + word.length() + "\r\n");
      write(word);
      write("\r\n");
    }
  }

  private void write(String text) {
    int length = text.length();
    if (toSendLength + length > toSend.length) {
      toSend = Arrays.copyOf(toSend, 2 * (toSendLength + length));
    }
    for (int i = 0; i < length; i++) {
      toSend[toSendLength + i] = (byte) text.charAt(i);
    }
    toSendLength += length;
  }

  @Override
  public void flush() throws IOException {
    out.write(toSend, 0, toSendLength);
    toSendLength = 0;
  }

  @Override
  public Object read() throws IOException {
    int type = next();
    String line = line();
    return switch (type) {
      case ':' -> Long.parseLong(line);
      case '$' -> bulk(Integer.parseInt(line));
      case '+' -> status(line);
      case '-' -> new Failure(line);
      case '_' -> Sign.NIL;
      case '*', '>', '%', '~' -> elements(type, Integer.parseInt(line));
      default -> throw new IOException("not expected: " + (char) type + line);
    };
  }

  private static Object status(String line) {
    return switch (line) {
      case "OK" -> Sign.OK;
      case "QUEUED" -> Sign.QUEUED;
      default -> line;
    };
  }

  private Object elements(int type, int count) throws IOException {
    if (count < 0) {
      return Sign.NIL;
    }
    int all = type == '%' ? 2 * count : count;
    List<Object> elements = new ArrayList<>(all);
    for (int i = 0; i < all; i++) {
      elements.add(read());
    }
    return elements;
  }

  private Object bulk(int length) throws IOException {
    if (length < 0) {
      return Sign.NIL;
    }
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) next();
    }
    next();
    next();
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder(16);
    for (int b = next(); b != '\r'; b = next()) {
      line.append((char) b);
    }
    next();
    return line.toString();
  }

  private int next() throws IOException {
    if (at == end) {
      end = in.read(received);
      at = 0;
      if (end <= 0) {
        end = 0;
        throw new EOFException("closed by the other side");
      }
    }
    return received[at++] & 0xff;
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // it is closed already
    }
  }
}
