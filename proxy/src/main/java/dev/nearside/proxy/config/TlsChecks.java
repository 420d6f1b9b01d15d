package dev.nearside.proxy.config;

import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * What the loader asks others about the files of TLS, which are read elsewhere. Each check returns
 * when all is well and else throws {@link IllegalArgumentException} with a predicate that says what
 * is wrong, for example {@code does not exist}.
 *
 * @param certificates gets the path of a file of certificates
 * @param key gets the path of a file of a private key
 * @param pair gets a file of certificates and one of a key, which passed
 */
public record TlsChecks(
    Consumer<String> certificates, Consumer<String> key, BiConsumer<String, String> pair) {
  /** Finds nothing wrong. */
  public static final TlsChecks NONE =
      new TlsChecks(file -> {}, file -> {}, (certificates, key) -> {});
}
