package dev.nearside.proxy.parity;

import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one command before it is sent.
 *
 * @param difference why the replies need not be the same; null where they have to be
 * @param direct what the direct server is sent
 * @param ofDirect what of its one reply is compared
 * @param ofThrough what of the other one's
 */
record Verdict(
    @Nullable ClusterDifference difference,
    Command direct,
    UnaryOperator<String> ofDirect,
    UnaryOperator<String> ofThrough) {
  private static final String QUEUED = "+QUEUED\r\n";
  private static final String AS_FORETOLD = "(as foretold)";

  /** The same is sent to both, and has to be answered alike. */
  static Verdict same(Command command) {
    return new Verdict(null, command, Mask.of(command)::apply, Mask.of(command)::apply);
  }

  /**
   * The command is refused through the sidecar. The direct server is sent {@code standIn}, which
   * does to its transaction what the refusal does to the other.
   *
   * @param refusal exactly what is said
   */
  static Verdict refused(ClusterDifference difference, Command standIn, Pattern refusal) {
    return new Verdict(
        difference,
        standIn,
        reply -> reply.equals(QUEUED) ? reply : AS_FORETOLD,
        reply -> refusal.matcher(reply).matches() ? AS_FORETOLD : reply);
  }

  /** Both are sent the command; of both replies is compared only what {@code mask} leaves. */
  static Verdict masked(ClusterDifference difference, Command command, UnaryOperator<String> mask) {
    return new Verdict(difference, command, mask, mask);
  }
}
