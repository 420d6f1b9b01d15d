package dev.nearside.proxy.admin;

import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * One thing a probe asks for.
 *
 * @param name what is checked, for example {@code tracked-connection}
 * @param ok whether it is well; asked at each probe on the HTTP thread, must not wait
 * @param why the reason, for people; empty when there is nothing to say
 */
public record Readiness(String name, BooleanSupplier ok, Supplier<String> why) {}
