"""cite"""
import click
cite = click.Command("cite")
