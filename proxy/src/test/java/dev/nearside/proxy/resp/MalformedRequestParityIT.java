package dev.nearside.proxy.resp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.nearside.proxy.scene.RedisProgram;
import dev.nearside.proxy.scene.RedisServer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What Redis answers to bytes is what it answers to the requests the parser finds in them, followed
 * by the parser's own error reply: byte for byte, so the boundaries and the errors are the same.
 */
class MalformedRequestParityIT {
  private static final int MAX_BULK = 1 << 20;
  private static final int MAX_LINE = 64 * 1024;
  private static final int ROUNDS = 1_000;

  private static RedisServer redis;

  @BeforeAll
  static void startRedis() {
    redis = RedisServer.start("--proto-max-bulk-len", Integer.toString(MAX_BULK));
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*x\r\n",
        "*\r\n",
        "*+1\r\n",
        "*01\r\n",
        "*-0\r\n",
        "* 1\r\n",
        "*1 \r\n",
        "*2147483648\r\n",
        "*9223372036854775807\r\n",
        "*9223372036854775808\r\n",
        "*-9223372036854775809\r\n",
        "*99999999999999999999999999\r\n",
        "*1\r\n$-1\r\n",
        "*1\r\n$x\r\n",
        "*1\r\n$\r\n",
        "*1\r\n$01\r\n",
        "*1\r\n$1048577\r\n",
        "*1\r\n$9223372036854775807\r\n",
        "*1\r\nGET\r\n",
        "*1\r\n\r\n",
        "*1\r\n\n\r\n",
        "*1\r\n\u00ff\r\n",
        "*1\r\n'\r\n",
        "*1\r\n*1\r\n",
        "*2\r\n$4\r\nPINGSSx\r\n",
        "*1\r\n$4\r\nPING\r\n*1\r\n:1\r\n*1\r\n$4\r\nPING\r\n",
        "GET \"k\r\n",
        "GET 'k\r\n",
        "GET \"k\"x\r\n",
        "GET 'k'x\r\n",
        "GET \"k\\\r\n",
        "GET \\\"k\\\"\r\n",
        "GET 'k\\'\r\n",
        "PING\r\n\"\r\nPING\r\n",
      })
  void parse_malformed_isAnsweredAsByRedis(String input) throws IOException {
    assertThat(malformedAsByRedis(input)).contains("-ERR Protocol error: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"*", "*1\r\n$", "G", "*\0\r\n", "G\0\n", "*1\r\n$\0\r\n"})
  void parse_lineWithoutEnd_isAnsweredAsByRedis(String begin) throws IOException {
    int before = begin.startsWith("*1") ? 4 : 0;
    String full = begin + "1".repeat(MAX_LINE - (begin.length() - before));
    assertThat(sameAsByRedis(full)).isEmpty();
    assertThat(malformedAsByRedis(full + "1")).startsWith("-ERR Protocol error: too big ");
  }

  @Test
  void parse_mostArgumentsAllowed_isNoErrorFromRedis7On() throws IOException {
    String info = exchange("INFO server\r\n".getBytes(StandardCharsets.US_ASCII));
    assumeThat(info).doesNotContain("redis_version:6.");
    assertThat(sameAsByRedis("*2147483647\r\n")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*0\r\n*-1\r\n*-9223372036854775808\r\n\r\n\n \t\u000b\f\r\nPING\r\n",
        "*1\rx$4\rxPINGxx*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n",
        "*2\r\n$4\r\nECHO\r\n$1048576\r\n",
        "ECHO \"\\n\\r\\t\\b\\a\\x00\\xfF\\xg0\\x4\\q\\\"\"\r\n",
        "ECHO 'it\\'s \\n'\nECHO a\"b c\"\nECHO a'b'\nECHO \"\"\nECHO ''\n",
        "ECHO\ta\rPING\n\u000bECHO \fa\u000bb\f\n",
        "  ECHO \"a\"\u000b\nECHO \"a\"\r\n",
        "ECHO a\\nb\nECHO a\\\\tb\n",
        "*1\r\n$4\r\nPINGS\r\n\r\nx\r\n",
        "*1\0\r\n$4\r\nPING\r\n",
        "PI\0NG\r\n",
        "*2\r\n$4\r\nECHO\r\n$0\r\n\r\n*2\r\n$4\r\necho\r\n$3\r\n\r\n\0\r\n",
      })
  void parse_unusual_isUnderstoodAsByRedis(String input) throws IOException {
    assertThat(sameAsByRedis(input)).doesNotContain("Protocol error");
  }

  @Test
  void parse_damagedRequests_areUnderstoodAsByRedis() throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    int malformed = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = Cuts.damaged(random, RequestParserFuzzTest.requests(random));
      String replies = sameAsByRedis(new String(bytes, StandardCharsets.ISO_8859_1));
      malformed += replies.contains("Protocol error") ? 1 : 0;
    }
    assertThat(malformed).isBetween(ROUNDS / 10, ROUNDS);
  }

  @ParameterizedTest
  @MethodSource("programs")
  void parse_ofAStranger_isRefusedAsByRedis(RedisProgram program) throws IOException {
    try (RedisServer locked = RedisServer.start(program, "--requirepass", "secret")) {
      assertThat(stranger(locked, "*10\r\n")).isEmpty();
      assertThat(stranger(locked, "*11\r\n"))
          .isEqualTo("-ERR Protocol error: unauthenticated multibulk length\r\n");
      assertThat(stranger(locked, "*2147483648\r\n"))
          .isEqualTo("-ERR Protocol error: invalid multibulk length\r\n");
      assertThat(stranger(locked, "*2\r\n$4\r\nECHO\r\n$16384\r\n")).isEmpty();
      assertThat(stranger(locked, "*2\r\n$4\r\nECHO\r\n$16385\r\n"))
          .isEqualTo("-ERR Protocol error: unauthenticated bulk length\r\n");
      assertThat(stranger(locked, "*2\r\n$4\r\nECHO\r\n$536870913\r\n"))
          .isEqualTo("-ERR Protocol error: invalid bulk length\r\n");
    }
  }

  static List<RedisProgram> programs() {
    return RedisProgram.available();
  }

  /** Returns what both Redis and the parser say to a client that has not authenticated. */
  private static String stranger(RedisServer locked, String input) throws IOException {
    RequestParser parser = new RequestParser(512L << 20, 1L << 30, 64 * 1024, () -> false);
    requestsIn(parser, input);
    String fromRedis = exchange(locked, input.getBytes(StandardCharsets.ISO_8859_1));
    assertThat(new String(parser.errorReply(), StandardCharsets.ISO_8859_1)).isEqualTo(fromRedis);
    return fromRedis;
  }

  private static String malformedAsByRedis(String input) throws IOException {
    RequestParser parser = new RequestParser(MAX_BULK, 64 * 1024);
    requestsIn(parser, input);
    String error = new String(parser.errorReply(), StandardCharsets.ISO_8859_1);
    assertThat(sameAsByRedis(input)).endsWith(error);
    return error;
  }

  private static String sameAsByRedis(String input) throws IOException {
    RequestParser parser = new RequestParser(MAX_BULK, 64 * 1024);
    String replies = exchange(requestsIn(parser, input));
    String error = new String(parser.errorReply(), StandardCharsets.ISO_8859_1);
    String fromRedis = exchange(input.getBytes(StandardCharsets.ISO_8859_1));
    assertThat(replies + error).isEqualTo(fromRedis);
    return fromRedis;
  }

  /** Returns the requests found, in the form in which they would go upstream. */
  private static byte[] requestsIn(RequestParser parser, String input) {
    ByteBuf in = Unpooled.wrappedBuffer(input.getBytes(StandardCharsets.ISO_8859_1));
    ByteArrayOutputStream upstream = new ByteArrayOutputStream();
    while (true) {
      switch (parser.parse(in)) {
        case REQUEST -> {
          Request request = parser.request();
          copy(request.buffer(), request.start(), request.length(), upstream);
          parser.consume(in);
        }
        case EMPTY -> parser.consume(in);
        case LARGE -> {
          int bytes = parser.streamable(in);
          if (bytes <= 0) {
            return upstream.toByteArray();
          }
          copy(in, in.readerIndex(), bytes, upstream);
          in.skipBytes(bytes);
        }
        case NEED_MORE, MALFORMED -> {
          return upstream.toByteArray();
        }
      }
    }
  }

  private static void copy(ByteBuf from, int index, int length, ByteArrayOutputStream to) {
    byte[] bytes = new byte[length];
    from.getBytes(index, bytes);
    to.writeBytes(bytes);
  }

  /** Sends, ends the sending side, and returns everything that comes back. */
  private static String exchange(byte[] bytes) throws IOException {
    return exchange(redis, bytes);
  }

  private static String exchange(RedisServer server, byte[] bytes) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(bytes);
      socket.shutdownOutput();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }
}
