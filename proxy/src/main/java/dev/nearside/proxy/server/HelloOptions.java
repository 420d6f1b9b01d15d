package dev.nearside.proxy.server;

import dev.nearside.proxy.resp.Replies;
import dev.nearside.proxy.resp.Request;
import dev.nearside.proxy.resp.Requests;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What follows the version in {@code HELLO 3 [AUTH user password] [SETNAME name]}.
 *
 * @param user the user it authenticates as, or null
 * @param password that user's password, or null
 * @param setName the CLIENT SETNAME that says the same, or null
 */
@SuppressWarnings("ArrayRecordComponent") // a carrier, never compared
record HelloOptions(byte @Nullable [] user, byte @Nullable [] password, byte @Nullable [] setName) {

  /** Returns the options, or null where only the upstream can say what is wrong with them. */
  static @Nullable HelloOptions of(Request request) {
    byte[] user = null;
    byte[] password = null;
    byte[] setName = null;
    int at = 2;
    while (at < request.argCount()) {
      if (at + 2 < request.argCount() && request.argIs(at, "AUTH")) {
        user = request.arg(at + 1);
        password = request.arg(at + 2);
        at += 3;
      } else if (at + 1 < request.argCount() && request.argIs(at, "SETNAME")) {
        byte[] name = request.arg(at + 1);
        if (!isClientName(name)) {
          return null;
        }
        setName = Requests.encode("CLIENT", "SETNAME", new String(name, StandardCharsets.US_ASCII));
        at += 2;
      } else {
        return null;
      }
    }
    return new HelloOptions(user, password, setName);
  }

  /** Returns the AUTH that {@code request}, an accepted HELLO, has in it, or null. */
  static byte @Nullable [] authOf(Request request) {
    for (int at = 2; at + 2 < request.argCount(); at++) {
      if (request.argIs(at, "AUTH")) {
        ByteBuf out = Unpooled.buffer();
        Replies.writeArrayHeader(out, 3);
        request.writeArg(out, at);
        request.writeArg(out, at + 1);
        request.writeArg(out, at + 2);
        return ByteBufUtil.getBytes(out);
      }
    }
    return null;
  }

  boolean authenticates() {
    return user != null;
  }

  /** Redis takes what is printed without spaces. */
  private static boolean isClientName(byte[] name) {
    for (byte b : name) {
      if (b < '!' || b > '~') {
        return false;
      }
    }
    return true;
  }
}
