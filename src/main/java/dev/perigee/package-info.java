/**
 * The two types that every package shares: {@link dev.perigee.PerigeeException} and its {@link dev.perigee.ErrorCode}.
 * Imports nobody.
 */
package dev.perigee;
