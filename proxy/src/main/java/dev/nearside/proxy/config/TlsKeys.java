package dev.nearside.proxy.config;

import dev.nearside.proxy.config.NearsideConfig.Tls;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The keys below {@code tls}, about what clients are met with, in the order they are shown. */
final class TlsKeys {
  static final Key<NearsideConfig, String> CERTIFICATE_FILE =
      Key.optional(
          "tls.certificate-file",
          ValueTypes.PEM_FILE,
          "none: clients connect in clear",
          "The certificate that clients are shown, then those of its issuers. Where it is given,"
              + " `listen` speaks TLS only. This and the next two are PEM, and read again when they"
              + " change.",
          config -> ofTls(config, Tls::certificateFile));

  static final Key<NearsideConfig, String> KEY_FILE =
      Key.optional(
          "tls.key-file",
          ValueTypes.PEM_FILE,
          "none",
          "The private key of that certificate, not encrypted.",
          config -> ofTls(config, Tls::keyFile));

  static final Key<NearsideConfig, String> CLIENT_CA_FILE =
      Key.optional(
          "tls.client-ca-file",
          ValueTypes.PEM_FILE,
          "none: clients need no certificate",
          "The authorities of which one must have signed each client's certificate.",
          config -> ofTls(config, Tls::authoritiesFile));

  static final List<Key<NearsideConfig, ?>> ALL =
      List.of(CERTIFICATE_FILE, KEY_FILE, CLIENT_CA_FILE);

  private TlsKeys() {}

  private static <T> @Nullable T ofTls(NearsideConfig config, Function<Tls, @Nullable T> value) {
    Tls tls = config.tls();
    return tls == null ? null : value.apply(tls);
  }
}
